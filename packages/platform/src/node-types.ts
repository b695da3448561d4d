import type { NodeType, NodeTypes } from '@weft/engine'
import { renderTemplate } from '@weft/jinja'
import {
  createAgentNode,
  createAnswerNode,
  createAssignerNode,
  createCodeNode,
  createContainerMarkNodes,
  createContainerNodes,
  createDocumentExtractorNode,
  createEndNode,
  createHttpRequestNode,
  createIfElseNode,
  createListOperatorNode,
  createLlmNode,
  createNativeAgentStrategies,
  createParameterExtractorNode,
  createQuestionClassifierNode,
  createStartNode,
  createTemplateTransformNode,
  createToolNode,
  createVariableAggregatorNode,
  type DocumentFormats,
  VARIABLE_AGGREGATOR_NAMES,
} from '@weft/nodes'
import type { CodeRunner, ConversationHistory, FileService, HttpClient, LanguageModels, ToolRuntime } from '@weft/ports'
import type { Settings } from './settings.ts'

/** What nodes reach the world through. */
export interface NodePorts {
  models: LanguageModels
  files: FileService
  history: ConversationHistory
  httpClient: HttpClient
  codeRunner: CodeRunner
  documents: DocumentFormats
  tools: ToolRuntime
}

/** Every node type this platform has, under all names that graphs use for it. */
export function createNodeTypes(settings: Settings, ports: NodePorts): NodeTypes {
  const { execution, code, outbound } = settings
  const { node } = outbound
  const sendFilesAs = execution.multimodalSendFormat
  const aggregator = createVariableAggregatorNode()
  const types: NodeType[] = [
    createStartNode(),
    createEndNode(),
    createAnswerNode(),
    createIfElseNode(),
    createLlmNode({ ...ports, renderJinja: renderTemplate, sendFilesAs }),
    createQuestionClassifierNode({ ...ports, sendFilesAs }),
    createParameterExtractorNode({ ...ports, sendFilesAs }),
    createCodeNode({ codeRunner: ports.codeRunner, limits: code.limits }),
    createTemplateTransformNode({ maxLength: execution.templateMaxLength }),
    createHttpRequestNode({
      httpClient: ports.httpClient,
      files: ports.files,
      limits: {
        maxBinarySize: node.maxBinarySize,
        maxTextSize: node.maxTextSize,
        timeouts: { connect: node.connectSeconds * 1000, read: node.readSeconds * 1000, write: node.writeSeconds * 1000 },
        verifyTls: node.verifiesTls,
      },
    }),
    createToolNode({ tools: ports.tools }),
    createAgentNode({ ...ports, sendFilesAs, strategies: [createNativeAgentStrategies(ports)] }),
    createAssignerNode(),
    createListOperatorNode(),
    createDocumentExtractorNode({ files: ports.files, formats: ports.documents }),
    ...createContainerNodes(),
    ...createContainerMarkNodes(),
  ] as NodeType[]
  return new Map([
    ...types.map((type): [string, NodeType] => [type.type, type]),
    ...VARIABLE_AGGREGATOR_NAMES.map((name): [string, NodeType] => [name, aggregator as NodeType]),
  ])
}
