export { type JsonLinesOptions, type JsonLinesSink, jsonLines } from './json-lines.js'
export { type AuditSink, type AuditTrailOptions, auditTrail, type ClosableAuditTrail } from './trail.js'
