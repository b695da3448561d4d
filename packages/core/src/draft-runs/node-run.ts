import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import type { Selector } from '@weft/engine'
import type { App } from '../apps/apps-table.ts'
import { newId } from '../database/columns.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import type { ActiveRun } from '../runs/active-run.ts'
import { prepareInputs, type Runner, type RunPreparation } from '../runs/prepare-run.ts'
import type { Workflow } from '../workflows/workflows-table.ts'
import type { DraftVariables } from './draft-variables.ts'
import { nodeInputsOf } from './node-inputs.ts'

export interface NodeRunRequest {
  scope: TenantScope
  app: Pick<App, 'id' | 'mode'>
  workflow: Workflow
  user: Runner
  nodeId: string
  inputs: ValueMap
  query?: string
  files: Value[]
  origin: string
}

/**
 * Runs one node of a draft, a container with its children: a graph of it alone, begun with the variables that it reads.
 * They come from the request, else from what the draft's last runs left.
 * @throws DomainError where one is missing, or there is no such node
 */
export async function startNodeRun(preparation: RunPreparation, variables: DraftVariables, request: NodeRunRequest): Promise<ActiveRun> {
  const { scope, app, workflow, user, nodeId } = request
  const document = graphOfNode(workflow.graph, nodeId)
  if (!document) throw new DomainError('not_found', `Node ${nodeId} not found in the draft workflow`)
  const { data, graph } = document
  const isStart = data.type === 'start'
  const prepared = await prepareInputs(preparation, {
    scope,
    workflow: isStart ? workflow : { ...workflow, graph, graphHash: '' },
    inputs: isStart ? request.inputs : {},
    files: request.files,
    isStrict: false,
    origin: request.origin,
  })
  const runId = newId()
  const system: ValueMap = {
    files: prepared.files,
    user_id: user.name,
    app_id: app.id,
    workflow_id: workflow.id,
    workflow_run_id: runId,
    ...(request.query === undefined ? {} : { query: request.query }),
  }
  const wanted = isStart ? new Map<string, Selector>() : inputsOf(workflow.graph, nodeId, data)
  const seeds = await gather(variables, request, wanted, system, prepared.environment)
  const { sys = {}, conversation = {}, ...own } = seeds
  return preparation.runs.start({
    scope,
    runId,
    appId: app.id,
    mode: app.mode === 'advanced-chat' ? 'advanced-chat' : 'workflow',
    workflow: { id: workflow.id, version: workflow.version, graph },
    triggeredFrom: 'single-step',
    invokeFrom: 'debugger',
    user,
    origin: request.origin,
    inputs: prepared.inputs,
    system: { ...sys, ...system },
    environment: prepared.environment,
    sealedSecrets: prepared.sealedSecrets,
    conversation: { ...Object.fromEntries(workflow.conversationVariables.map(({ name, value }) => [name, value])), ...conversation },
    variables: own,
  })
}

/** The node and, of a container, its children with their edges. Alone it is tried once: a retry would hide what is wrong. */
function graphOfNode(graph: ValueMap, nodeId: string): { data: ValueMap; graph: ValueMap } | undefined {
  const nodes = (Array.isArray(graph.nodes) ? graph.nodes : []).filter(isValueMap)
  const node = nodes.find(candidate => candidate.id === nodeId)
  if (!node || !isValueMap(node.data)) return undefined
  const ids = descendantsOf(nodes, nodeId)
  const edges = (Array.isArray(graph.edges) ? graph.edges : []).filter(isValueMap)
  return {
    data: node.data,
    graph: {
      nodes: [{ ...node, data: { ...node.data, retry_config: null } }, ...nodes.filter(candidate => ids.has(String(candidate.id)))],
      edges: edges.filter(edge => ids.has(String(edge.source)) && ids.has(String(edge.target))),
    },
  }
}

/** The ids of what stands in a container, at any depth. */
function descendantsOf(nodes: readonly ValueMap[], containerId: string): Set<string> {
  const ids = new Set<string>()
  const parents = [containerId]
  for (const parent of parents) {
    for (const node of nodes) {
      const data = isValueMap(node.data) ? node.data : {}
      const isChild = node.parentId === parent || data.iteration_id === parent || data.loop_id === parent
      if (!isChild || ids.has(String(node.id))) continue
      ids.add(String(node.id))
      parents.push(String(node.id))
    }
  }
  return ids
}

/** What the node reads from outside itself, and for a container what its children read from outside of it. */
function inputsOf(graph: ValueMap, nodeId: string, data: ValueMap): Map<string, Selector> {
  const nodes = (Array.isArray(graph.nodes) ? graph.nodes : []).filter(isValueMap)
  const children = descendantsOf(nodes, nodeId)
  const inputs = nodeInputsOf(nodeId, data)
  for (const node of nodes) {
    if (!children.has(String(node.id)) || !isValueMap(node.data)) continue
    for (const [key, selector] of nodeInputsOf(String(node.id), node.data)) inputs.set(`${String(node.id)}.${key}`, selector)
  }
  for (const [key, [owner = '']] of [...inputs]) if (owner === nodeId || children.has(owner)) inputs.delete(key)
  return inputs
}

async function gather(
  variables: DraftVariables,
  request: NodeRunRequest,
  wanted: Map<string, Selector>,
  system: ValueMap,
  environment: ValueMap,
): Promise<{ [nodeId: string]: ValueMap }> {
  const stored = await variables.values(request.scope, request.app.id, [...new Set([...wanted.values()].map(([owner = '']) => owner))])
  const known: { [nodeId: string]: ValueMap } = { ...stored, sys: { ...stored.sys, ...system }, env: environment }
  for (const { name, value } of request.workflow.conversationVariables) known.conversation = { [name]: value, ...known.conversation }
  const seeds: { [nodeId: string]: ValueMap } = { conversation: known.conversation ?? {}, sys: known.sys ?? {} }
  for (const [key, selector] of wanted) {
    const [owner = '', name = '', ...rest] = selector
    const bare = key.includes('.') && !key.startsWith('#') ? key.slice(key.indexOf('.') + 1) : key
    const given = [`${request.nodeId}.${key}`, key, `${request.nodeId}.${bare}`, bare, selector.join('.'), `#${selector.join('.')}#`].find(
      candidate => candidate in request.inputs,
    )
    const value = given === undefined ? known[owner]?.[name] : request.inputs[given]
    if (value === undefined) throw new DomainError('invalid_param', `Variable key ${key} not found in user inputs.`)
    seeds[owner] ??= {}
    const values = seeds[owner] as ValueMap
    if (given === undefined || !rest.length) values[name] = value
    else values[name] = nest(isValueMap(values[name]) ? values[name] : {}, rest, value)
  }
  return seeds
}

/** The map with the value at the path. */
function nest(map: ValueMap, [key = '', ...rest]: readonly string[], value: Value): ValueMap {
  const inner = map[key]
  return { ...map, [key]: rest.length ? nest(isValueMap(inner) ? inner : {}, rest, value) : value }
}
