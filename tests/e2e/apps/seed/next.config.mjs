// Login, refresh and logout are samekeyd's, at the same origin as the pages.
const config = {
  rewrites: async () => [{ source: '/auth/:path*', destination: `${process.env.SAMEKEY_SESSIONS}/auth/:path*` }],
}
export default config
