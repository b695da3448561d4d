import type { ValueMap } from '@weft/contracts'
import { type NodeContext, type NodeResult, type NodeType, VariablePool } from '@weft/engine'

/** Variables by node id. */
export function poolOf(variables: { [nodeId: string]: ValueMap }): VariablePool {
  const pool = new VariablePool()
  for (const [nodeId, values] of Object.entries(variables)) pool.setAll(nodeId, values)
  return pool
}

/** Parses the data and executes the node once, as node `node` of a chatflow, for tests. */
export async function runNode<Data>(
  nodeType: NodeType<Data>,
  data: ValueMap,
  variables: VariablePool | { [nodeId: string]: ValueMap } = {},
  overrides: Partial<NodeContext<Data>> = {},
): Promise<NodeResult> {
  return nodeType.execute({
    nodeId: 'node',
    title: 'node',
    data: nodeType.parse({ title: 'node', ...data }),
    variables: variables instanceof VariablePool ? variables : poolOf(variables),
    run: {
      runId: 'run',
      tenantId: 'tenant',
      appId: 'app',
      workflowId: 'workflow',
      mode: 'advanced-chat',
      userId: 'user',
      userKind: 'end-user',
      invokeFrom: 'service-api',
      conversationId: 'conversation',
      messageId: 'message',
      parentMessageId: null,
      origin: 'http://localhost',
      callDepth: 0,
    },
    executionId: 'execution',
    idempotencyKey: 'key',
    retryIndex: 0,
    signal: new AbortController().signal,
    emitText: () => {},
    endText: () => {},
    emitLog: () => {},
    ...overrides,
  })
}
