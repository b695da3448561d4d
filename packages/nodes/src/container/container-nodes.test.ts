import { expect, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { createContainerMarkNodes, createContainerNodes } from './container-nodes.ts'

test('the marks of a container succeed with nothing', async () => {
  const marks = createContainerMarkNodes()
  expect(marks.map(mark => mark.type)).toEqual(['iteration-start', 'loop-start', 'loop-end'])
  for (const mark of marks) expect(await runNode(mark, {})).toEqual({ status: 'succeeded', inputs: {}, outputs: {} })
})

test('a container is never executed as a node', async () => {
  for (const container of createContainerNodes()) await expect(runNode(container, {})).rejects.toThrow('has no execution of its own')
})
