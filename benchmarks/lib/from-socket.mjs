/** The same text as it comes from a socket: a flat string of its own that nobody has looked at or hashed yet. */
export const fromSocket = (text) => Buffer.from(text, 'latin1').toString('latin1')
