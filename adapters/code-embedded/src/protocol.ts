/** What the pool's threads are told and tell back. */
export interface ToWorker {
  id: number
  tenantId: string
  code: string
  /** JSON text of an object. */
  inputs: string
  resultBytes: number
}

export type FromWorker =
  | { type: 'ready' }
  | {
      type: 'done'
      id: number
      /** Result (its JSON text), exception (its message), memory, too large (`text` says what). */
      kind: 'R' | 'E' | 'M' | 'L'
      text: string
      stdout: string
      /** The thread should be replaced. */
      isSpent?: boolean
    }

export interface WorkerLimits {
  memoryBytes: number
  stdoutBytes: number
}

export interface PythonWorkerData extends WorkerLimits {
  /** Shared Int32: 2 interrupts the running code. */
  interrupt: SharedArrayBuffer
  /** Address of Pyodide's module. */
  pyodide: string
  /** The Python that prepares the interpreter. */
  bootstrap: string
}

export interface JavaScriptWorkerData extends WorkerLimits {
  interrupt: SharedArrayBuffer
  quickjs: string
}
