import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findBinary, installBinary } from './binaries.ts'
import { Child, expectAnswer, freePort } from './child.ts'

export interface SquidService {
  url: string
  stop(): Promise<void>
}

/** A Squid with the rules that Dify ships, on a port of its own. It keeps nothing on disk. */
export async function startSquid(folder: string): Promise<SquidService> {
  const binary = (await findBinary('squid')) ?? (await installBinary('squid', 'squid'))
  const port = await freePort()
  const data = join(folder, 'squid')
  await mkdir(data)
  // Squid gives up root, and writes as a user of its own.
  await chmod(data, 0o777)
  await writeFile(join(data, 'squid.conf'), configuration(data, port))
  const child = new Child({
    command: binary,
    arguments: ['-N', '-f', join(data, 'squid.conf')],
    stopSignal: 'SIGKILL',
    probe: () => expectAnswer(port, 'GET / HTTP/1.0\r\n\r\n', answer => answer.toString().startsWith('HTTP/')),
  })
  await child.start()
  return { url: `http://127.0.0.1:${port}`, stop: () => child.stop() }
}

/** In the order in which Dify's template asks: safe ports, CONNECT to 443 alone, neighbours, nobody else. */
function configuration(folder: string, port: number): string {
  return `acl localnet src 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8 fc00::/7 fe80::/10
acl SSL_ports port 443
acl Safe_ports port 80 21 443 70 210 280 488 591 777 1025-65535
acl CONNECT method CONNECT
acl allowed_domains dstdomain .marketplace.dify.ai
http_access allow allowed_domains
http_access deny !Safe_ports
http_access deny CONNECT !SSL_ports
http_access allow localhost manager
http_access deny manager
http_access allow localhost
http_access allow localnet
http_access deny all
http_port 127.0.0.1:${port}
coredump_dir ${folder}
client_request_buffer_max_size 100 MB
pid_filename ${folder}/squid.pid
access_log none
cache_log ${folder}/cache.log
cache deny all
${process.getuid?.() === 0 ? 'cache_effective_user proxy' : ''}
`
}
