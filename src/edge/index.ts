export { type ClientAddressOptions, clientAddress } from './client-address.js'
export { type ResponseHeadersOptions, responseHeaders } from './response-headers.js'
export { wellFormed } from './well-formed.js'
