export { type OrdersConfig, ordersConfig } from './config.js'
export { type Order, Orders } from './orders.js'
export { ordersPolicies, ordersSettings } from './policies.js'
