import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child, expectAnswer, freePort } from '../child.ts'
import { run, toolFolder } from './tool-cache.ts'

export interface StorageEmulator extends AsyncDisposable {
  url: string
}

interface Command {
  command: string
  arguments: string[]
}

/** How each emulator is installed, and started on a loopback port with a folder for what it keeps. */
const EMULATORS = {
  s3: async (): Promise<(port: number, folder: string) => Command> => {
    const tool = await toolFolder('moto-5.2.5', async folder => {
      await run('python3', ['-m', 'venv', folder])
      await run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'moto[server]==5.2.5'])
    })
    return port => ({
      command: join(tool, 'bin', 'python'),
      arguments: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    })
  },
  azureBlob: async (): Promise<(port: number, folder: string) => Command> => {
    const tool = await toolFolder('azurite-3.37.0', folder =>
      run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', '--omit=optional', 'azurite@3.37.0']),
    )
    return (port, folder) => ({
      command: process.execPath,
      arguments: [
        join(tool, 'node_modules/azurite/dist/src/blob/main.js'),
        ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder],
        ...['--silent', '--disableTelemetry', '--skipApiVersionCheck'],
      ],
    })
  },
  googleStorage: async (): Promise<(port: number, folder: string) => Command> => {
    const tool = await toolFolder('fake-gcs-server-1.56.1', folder =>
      run('go', ['install', 'github.com/fsouza/fake-gcs-server@v1.56.1'], { GOBIN: folder }),
    )
    return (port, folder) => ({
      command: join(tool, 'fake-gcs-server'),
      arguments: [
        ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-external-url', `http://127.0.0.1:${port}`],
        ...['-backend', 'filesystem', '-filesystem-root', folder, '-log-level', 'error'],
      ],
    })
  },
}

export type StorageEmulatorName = keyof typeof EMULATORS

/**
 * Starts moto, azurite or fake-gcs-server as a child of this process, empty; installs it first where it is not yet.
 * @throws ToolMissingError where it cannot be installed
 */
export async function startStorageEmulator(name: StorageEmulatorName): Promise<StorageEmulator> {
  const commandFor = await EMULATORS[name]()
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'weft-storage-'))
  const child = new Child({
    ...commandFor(port, folder),
    stopSignal: 'SIGTERM',
    probe: () => expectAnswer(port, 'GET / HTTP/1.0\r\n\r\n', answer => answer.toString().startsWith('HTTP/')),
  })
  const stop = async () => {
    await child.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await child.start()
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: stop }
}
