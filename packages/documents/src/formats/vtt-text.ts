/** WebVTT captions as `speaker "words"` lines; what one speaker says in a row is one line. */
export function vttText(text: string): string {
  const lines: { speaker: string | undefined; words: string }[] = []
  for (const caption of captionsOf(text)) {
    const last = lines.at(-1)
    if (last && caption.speaker !== undefined && caption.speaker === last.speaker) last.words += ` ${caption.words}`
    else lines.push(caption)
  }
  return lines.map(({ speaker, words }) => `${speaker ?? ''} "${words}"`).join('\n')
}

function captionsOf(text: string): { speaker: string | undefined; words: string }[] {
  return text
    .replace(/^\ufeff/, '')
    .split(/(?:\r\n|\r|\n){2,}/)
    .map(block => block.split(/\r\n|\r|\n/))
    .map(lines => lines.slice(lines.findIndex(line => line.includes('-->')) + 1 || lines.length))
    .filter(lines => lines.length)
    .map(lines => {
      const raw = lines.join('\n').trimEnd()
      return { speaker: /<v(?:\.[^\s>]+)*\s+([^>]+)>/.exec(raw)?.[1], words: raw.replace(/<[^>]*>/g, '') }
    })
}
