import { ordersConfig, ordersSettings } from '@wardline/example-orders-domain'
import { serve, start } from '@wardline/example-service'
import { ordersApp } from './app.js'

start('orders', () => {
  const config = ordersConfig(process.env)
  const settings = ordersSettings(config)
  serve('orders', ordersApp(config, settings), config, settings.close)
})
