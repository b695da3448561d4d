import { createRequire } from 'node:module'

/** What is used of SheetJS. Its CommonJS form knows the code pages that old workbooks are written in; its types do not fit either. */
export interface SheetJs {
  read(bytes: Uint8Array, options: Record<string, unknown>): Workbook
  utils: {
    book_new(): Workbook
    book_append_sheet(workbook: Workbook, sheet: Sheet, name: string): void
    aoa_to_sheet(rows: unknown[][], options?: Record<string, unknown>): Sheet
  }
  write(workbook: Workbook, options: Record<string, unknown>): Buffer
  SSF: { format(format: string | number, value: number, options?: { date1904: boolean }): string }
  CFB: {
    read(bytes: Uint8Array, options: { type: 'buffer' }): CompoundFile
    find(file: CompoundFile, path: string): { content: ArrayLike<number> } | null
    utils: { cfb_new(): CompoundFile; cfb_add(file: CompoundFile, path: string, content: Uint8Array): void }
    write(file: CompoundFile, options: { type: 'buffer' }): Buffer
  }
}

export interface Workbook {
  SheetNames: string[]
  Sheets: Record<string, Sheet>
}

export interface Sheet {
  '!data'?: (Cell | undefined)[][]
}

export interface Cell {
  /** `z`: a cell that is there only for its style. */
  t: string
  v?: unknown
  /** As the sheet shows it. */
  w?: string
  l?: { Target?: string }
}

export interface CompoundFile {
  FullPaths: string[]
}

export const sheetJs = createRequire(import.meta.url)('@e965/xlsx') as SheetJs
