/** The kinds of app that have a graph. */
export const GRAPH_MODES = ['workflow', 'advanced-chat'] as const
