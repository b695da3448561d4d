import { isValueMap, type Value, type ValueMap } from '@weft/contracts'

/** What a message cites, by its name there and in a found passage's metadata. */
const FIELDS: [name: string, found: string][] = [
  ['position', 'position'],
  ['dataset_id', 'dataset_id'],
  ['dataset_name', 'dataset_name'],
  ['document_id', 'document_id'],
  ['document_name', 'document_name'],
  ['data_source_type', 'data_source_type'],
  ['segment_id', 'segment_id'],
  ['retriever_from', 'retriever_from'],
  ['score', 'score'],
  ['hit_count', 'segment_hit_count'],
  ['word_count', 'segment_word_count'],
  ['segment_position', 'segment_position'],
  ['index_node_hash', 'segment_index_node_hash'],
  ['page', 'page'],
  ['doc_metadata', 'doc_metadata'],
]

/** The sources that a message lists for its context: passages from knowledge bases, not what else may stand there. */
export function citationsOf(context: Value | undefined): ValueMap[] {
  if (!Array.isArray(context)) return []
  return context.flatMap(passage => {
    const metadata = isValueMap(passage) && isValueMap(passage.metadata) ? passage.metadata : undefined
    if (!isValueMap(passage) || metadata?._source !== 'knowledge') return []
    const facts = FIELDS.map(([name, found]): [string, Value] => [name, metadata[found] ?? null])
    return { ...Object.fromEntries(facts), content: passage.content ?? null, title: null }
  })
}
