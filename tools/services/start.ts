// Starts services for development, prints their addresses as environment variables and stays until a signal:
//   node tools/services/start.ts postgres redis
import { once } from 'node:events'
import { ensureServices } from './ensure-services.ts'

const names = process.argv.slice(2)
const unknown = names.filter(name => !['postgres', 'redis', 'nginx'].includes(name))
if (names.length === 0 || unknown.length > 0) {
  console.error(
    `${unknown.length > 0 ? `unknown: ${unknown.join(' ')}\n` : ''}usage: node tools/services/start.ts [postgres] [redis] [nginx]`,
  )
  process.exit(2)
}

const wanted = { postgres: names.includes('postgres'), redis: names.includes('redis'), nginx: names.includes('nginx') }
const services = await ensureServices(wanted as { postgres: true; redis: true; nginx: true }).catch(error => {
  console.error(error.message)
  process.exit(1)
})
const { postgres, redis, nginx } = services as Partial<typeof services>
if (postgres) {
  console.log(`# ${postgres.version}, pid ${postgres.pid()}`)
  console.log(
    `DB_HOST=${postgres.host}\nDB_PORT=${postgres.port}\nDB_USERNAME=${postgres.user}\nDB_PASSWORD=${postgres.password}\nDB_DATABASE=${postgres.database}`,
  )
}
if (redis) console.log(`# ${redis.version}, pid ${redis.pid()}\nREDIS_HOST=${redis.host}\nREDIS_PORT=${redis.port}`)
if (nginx) console.log(`# ${nginx.version}, pid ${nginx.pid()}\nNGINX_URL=${nginx.url}`)

const stay = setInterval(() => {}, 60_000)
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
clearInterval(stay)
await services[Symbol.asyncDispose]()
