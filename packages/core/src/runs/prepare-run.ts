import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import { GraphError, type RunContext } from '@weft/engine'
import {
  buildFile,
  buildFiles,
  FileMappingError,
  type FileSource,
  FormInputError,
  type FormVariable,
  fileUploadConfigOf,
  type StartData,
  validateFormInputs,
} from '@weft/nodes'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { EnvironmentVariable, Workflow } from '../workflows/workflows-table.ts'
import type { RunService } from './run-service.ts'

/** The purpose under which secret environment variables are encrypted. */
export const ENVIRONMENT_SECRET = 'environment-variable'

/** Who starts a run. */
export interface Runner {
  kind: RunContext['userKind']
  id: string
  /** What the graph sees as `sys.user_id`: an end user's own name for themselves, an account's id. */
  name: string
  /** As events show it. */
  shown: ValueMap
}

export interface PreparedInputs {
  inputs: ValueMap
  files: Value[]
  environment: ValueMap
  sealedSecrets: Record<string, string>
}

export interface RunPreparation {
  runs: RunService
  secrets: Secrets
  /** Files of requests, with links that begin with the request's origin where the operator has set no address. */
  filesAt(origin: string): FileSource
}

/** The fields that a workflow's start node asks for. Empty where the graph cannot be built: running it says why. */
export function startFormOf(runs: RunService, workflow: Pick<Workflow, 'graph' | 'graphHash'>): FormVariable[] {
  const { root } = runs.graphOf(workflow.graph, workflow.graphHash)
  return root.type === 'start' ? (root.data as StartData).variables : []
}

/**
 * Checks what a request brings against the workflow's form and gathers what the run begins with.
 * @throws DomainError `invalid_param` with the text that API clients know
 */
export async function prepareInputs(
  { runs, secrets, filesAt }: RunPreparation,
  request: { scope: TenantScope; workflow: Workflow; inputs: ValueMap; files: Value[]; isStrict: boolean; origin: string },
): Promise<PreparedInputs> {
  const { scope, workflow, isStrict } = request
  const { tenantId } = scope
  const source = filesAt(request.origin)
  try {
    const config = fileUploadConfigOf(workflow.features)
    const mappings = request.files.filter(isValueMap)
    const wanted = config || workflow.type === 'workflow' ? mappings : []
    const files = await buildFiles(source, wanted, { tenantId, isStrict, ...(config ? { config } : {}) })
    const inputs = await validateFormInputs(formFields(runs, workflow), request.inputs, (mapping, fileConfig, variable) =>
      buildFile(source, mapping, { tenantId, config: fileConfig, isStrict: isStrict && variable.type === 'file' }),
    )
    return { inputs, files, ...(await openEnvironment(secrets, scope, workflow.environmentVariables)) }
  } catch (error) {
    if (error instanceof FormInputError || error instanceof FileMappingError)
      throw new DomainError('invalid_param', error.message, { cause: error })
    throw error
  }
}

/** A graph that cannot be built has no form; starting the run then says what is wrong with it. */
function formFields(runs: RunService, workflow: Workflow): FormVariable[] {
  try {
    return startFormOf(runs, workflow)
  } catch (error) {
    if (error instanceof GraphError) return []
    throw error
  }
}

/** The environment's values, and the ciphertexts of its secrets. */
export async function openEnvironment(
  secrets: Secrets,
  scope: TenantScope,
  variables: EnvironmentVariable[],
): Promise<Pick<PreparedInputs, 'environment' | 'sealedSecrets'>> {
  const environment: ValueMap = {}
  const sealedSecrets: Record<string, string> = {}
  for (const { name, value_type, value } of variables) {
    if (value_type !== 'secret' || typeof value !== 'string' || !value) {
      environment[name] = value
      continue
    }
    environment[name] = await secrets.decrypt(scope, ENVIRONMENT_SECRET, value)
    sealedSecrets[name] = value
  }
  return { environment, sealedSecrets }
}
