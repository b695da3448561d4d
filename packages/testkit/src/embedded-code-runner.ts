export { createEmbeddedCodeRunner } from '@weft/adapter-code-embedded'
