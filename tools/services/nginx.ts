import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findBinary, installBinary, versionOf } from './binaries.ts'
import { Child, expectAnswer, freePort } from './child.ts'

export interface NginxService {
  host: string
  port: number
  url: string
  version: string
  pid: () => number | undefined
  stop(): Promise<void>
}

/** What stands in nginx's `http` block, given the port to listen on. */
export type HttpBlock = (port: number) => string

const defaultHttpBlock: HttpBlock = port => `server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } }`

/** An nginx of its own with everything it writes in the folder. */
export async function startNginx(folder: string, httpBlock: HttpBlock = defaultHttpBlock): Promise<NginxService> {
  const binary = (await findBinary('nginx')) ?? (await installBinary('nginx', 'nginx-light'))
  const port = await freePort()
  const data = join(folder, 'nginx')
  await mkdir(data)
  await writeFile(join(data, 'nginx.conf'), configuration(data, httpBlock(port)))
  const child = new Child({
    command: binary,
    arguments: ['-p', data, '-c', join(data, 'nginx.conf'), '-e', join(data, 'error.log')],
    stopSignal: 'SIGTERM',
    probe: () => expectAnswer(port, 'GET / HTTP/1.0\r\n\r\n', answer => answer.toString().startsWith('HTTP/')),
  })
  await child.start()
  return {
    host: '127.0.0.1',
    port,
    url: `http://127.0.0.1:${port}`,
    version: await versionOf(binary, '-v'),
    pid: () => child.pid,
    stop: () => child.stop(),
  }
}

function configuration(folder: string, httpBlock: string): string {
  const isRoot = process.getuid?.() === 0
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')
  return `daemon off;
${isRoot ? 'user root;' : ''}
worker_processes auto;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary}
  ${httpBlock}
}
`
}
