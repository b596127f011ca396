export { type AccessRequest, type AuthorizeOptions, authorize } from './authorize.js'
export { requireRole } from './require-role.js'
export { requireScope } from './require-scope.js'
