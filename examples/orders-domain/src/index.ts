export { type OrdersConfig, ordersConfig } from './config.js'
export { type Order, Orders } from './orders.js'
export { type OrdersSettings, ordersPolicies, ordersSettings } from './policies.js'
