import { isValueMap, textOf, type Value, type ValueMap } from '@weft/contracts'

/** What an app does about words it does not want. Only keywords for now; other kinds of moderation let everything pass. */
export interface KeywordModeration {
  keywords: string[]
  /** The answer given instead, where questions are checked. */
  inputResponse: string | undefined
  /** The answer given instead, where answers are checked. */
  outputResponse: string | undefined
}

/** The moderation that an app's features ask for; undefined where it is off. */
export function keywordModerationOf(features: ValueMap): KeywordModeration | undefined {
  const settings = features.sensitive_word_avoidance
  if (!isValueMap(settings) || settings.enabled !== true || settings.type !== 'keywords' || !isValueMap(settings.config)) return undefined
  const { keywords, inputs_config, outputs_config } = settings.config
  const responseOf = (part: Value | undefined) =>
    isValueMap(part) && part.enabled === true ? String(part.preset_response ?? '') : undefined
  return {
    keywords:
      typeof keywords === 'string'
        ? keywords
            .toLowerCase()
            .split('\n')
            .filter(word => word.trim())
        : [],
    inputResponse: responseOf(inputs_config),
    outputResponse: responseOf(outputs_config),
  }
}

/** Whether any of the texts holds a keyword, whatever the case. */
export function holdsKeyword(moderation: KeywordModeration, texts: readonly Value[]): boolean {
  return texts.some(value => {
    const text = textOf(value).toLowerCase()
    return moderation.keywords.some(keyword => text.includes(keyword))
  })
}
