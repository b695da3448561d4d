import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import { type Selector, templateSelectors } from '@weft/engine'

/**
 * What a node reads, by the key under which a single run asks for it: the name its settings give the variable, else
 * `#node.name#`. Read from the settings alone, whatever the node's type: selectors stand in lists called `…selector`, and
 * in templates.
 */
export function nodeInputsOf(nodeId: string, data: ValueMap): Map<string, Selector> {
  const inputs = new Map<string, Selector>()
  const add = (key: string, selector: Selector) => {
    if (selector.length >= 2 && selector[0] !== nodeId && selector[0] !== 'env') inputs.set(key, selector)
  }
  const visit = (value: Value, key: string) => {
    if (typeof value === 'string') for (const selector of templateSelectors(value)) add(`#${selector.join('.')}#`, selector)
    else if (isSelector(value) && isSelectorKey(key)) add(nameFor(key, value), value)
    else if (Array.isArray(value)) for (const item of value) visit(item, key)
    else if (isValueMap(value)) visitMap(value)
  }
  const visitMap = (map: ValueMap) => {
    const selector = map.value_selector
    if (typeof map.variable === 'string' && isSelector(selector)) {
      add(map.variable, selector)
      return
    }
    if ((map.type === 'variable' || map.value_type === 'variable') && isSelector(map.value)) add(labelOf(map, map.value), map.value)
    for (const [key, item] of Object.entries(map)) if (key !== 'outputs' && key !== 'title' && key !== 'desc') visit(item, key)
  }
  visitMap(data)
  return inputs
}

const isSelector = (value: Value | undefined): value is string[] =>
  Array.isArray(value) && value.length >= 2 && value.every(part => typeof part === 'string')

const isSelectorKey = (key: string) => key.endsWith('selector') || key === 'query' || key === 'variables'

/** Fixed names that Dify gives to some inputs; the others are called by what they refer to. */
function nameFor(key: string, selector: readonly string[]): string {
  if (key === 'iterator_selector') return 'input_selector'
  if (key === 'query_variable_selector' || key === 'query') return 'query'
  return `#${selector.join('.')}#`
}

function labelOf(map: ValueMap, selector: readonly string[]): string {
  return typeof map.label === 'string' ? map.label : `#${selector.join('.')}#`
}
