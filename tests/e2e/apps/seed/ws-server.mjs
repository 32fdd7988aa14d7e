// A WebSocket server for who is logged in: samekeyd judges the cookie at the upgrade, and the
// connection ends with the token. A client that is closed with 4401 asks /auth/refresh and connects
// again. It holds no key.
import { connect } from 'samekey'
import { WebSocketServer } from 'ws'

const COOKIE = 'accessTokenEtls'
const sk = connect({ profile: 'access' })

const cookieOf = (request) =>
  (request.headers.cookie ?? '')
    .split('; ')
    .find((part) => part.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1)

async function admit({ req: request }, done) {
  try {
    request.judged = await sk.verify(cookieOf(request))
    done(request.judged.ok, 401, request.judged.code)
  } catch (error) {
    console.error(error.message)
    done(false, 503)
  }
}

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.WS_PORT), verifyClient: admit })
server.on('connection', (ws, request) => {
  sk.closeAtExpiry(ws, request.judged)
  ws.send(`hello ${request.judged.claims.userId}`)
})
