import { stringifyJson } from '@weft/contracts'
import { replayRun } from '@weft/core'
import { createPlatform, loadSettings } from '@weft/platform'

/** Prints a run's journal, an event a line, and what the journal alone says the run came to. */
export async function replay([runId]: string[]): Promise<number> {
  if (!runId || !/^[0-9a-f-]{36}$/i.test(runId)) {
    console.error('weft replay: name a run by its id (workflow_run_id)')
    return 2
  }
  await using platform = await createPlatform(loadSettings())
  const replayed = await replayRun(platform.database, platform.runs.service, runId)
  if (!replayed) {
    console.error(`weft replay: there is no run ${runId}`)
    return 1
  }
  for (const { seq, event, text } of replayed.entries) {
    console.log(
      `${String(seq).padStart(6)}  ${stringifyJson(event)}${text.length ? `  says ${stringifyJson(text.map(piece => piece.text))}` : ''}`,
    )
  }
  console.log(`recorded  ${stringifyJson(replayed.recorded)}`)
  console.log(`derived   ${stringifyJson(replayed.derived)}`)
  const isSame = stringifyJson(replayed.recorded) === stringifyJson(replayed.derived)
  console.log(isSame ? 'The journal gives the recorded outcome.' : 'The journal gives another outcome than the record.')
  return isSame ? 0 : 1
}
