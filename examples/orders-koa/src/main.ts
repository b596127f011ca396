import { ordersConfig, ordersSettings } from '@wardline/example-orders-domain'
import { serve, start } from '@wardline/example-service'
import { ordersApp } from './app.js'

start('orders-koa', () => {
  const config = ordersConfig(process.env)
  const settings = ordersSettings(config)
  serve('orders-koa', ordersApp(config, settings).callback(), config, settings.close)
})
