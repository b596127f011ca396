/** An address of its own for each of 16 million clients (RFC 6890: a private network, so nobody's). */
export const addressOf = (index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
