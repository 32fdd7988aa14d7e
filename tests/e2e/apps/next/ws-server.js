// The incident's other process: reads .env by itself and verifies what the Next app signed.
const jwt = require('jsonwebtoken')
const { WebSocketServer } = require('ws')

require('dotenv').config({ quiet: true })
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.WS_PORT) })
server.on('connection', (socket, request) => {
  const token = new URL(request.url, 'ws://127.0.0.1').searchParams.get('token')
  let answer = 'accepted'
  try {
    jwt.verify(token, process.env.NEXTAUTH_SECRET || 'your-secret-key', { algorithms: ['HS256'] })
  } catch (error) {
    answer = error.message
  }
  socket.send(answer)
  socket.close()
})
