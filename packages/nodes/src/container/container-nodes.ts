import type { NodeType } from '@weft/engine'

/** The marks where a container's rounds begin and where a loop may end early. They do nothing themselves. */
export function createContainerMarkNodes(): NodeType<null>[] {
  return ['iteration-start', 'loop-start', 'loop-end'].map(type => ({
    type,
    parse: () => null,
    execute: () => ({ status: 'succeeded', inputs: {}, outputs: {} }),
  }))
}

/** The containers themselves. The engine checks their data and runs their rounds, so they are never executed as nodes. */
export function createContainerNodes(): NodeType<null>[] {
  return ['iteration', 'loop'].map(type => ({
    type,
    parse: () => null,
    execute() {
      throw new Error(`the engine runs the rounds of a container: ${type} has no execution of its own`)
    },
  }))
}
