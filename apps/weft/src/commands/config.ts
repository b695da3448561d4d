import { describeEnvironment, loadSettings } from '@weft/platform'

/** Prints the settings in force. */
export async function config(): Promise<number> {
  console.log(describeEnvironment(loadSettings().environment))
  return 0
}
