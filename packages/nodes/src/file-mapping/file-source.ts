/** Where request files are looked up. Every look-up names the tenant, so that nobody reaches another's files. */
export interface FileSource {
  /** Undefined where the tenant has no such file. */
  uploadFile(tenantId: string, id: string): Promise<StoredFile | undefined>
  toolFile(tenantId: string, id: string): Promise<StoredFile | undefined>
  /** What the address says of its file, without loading it. */
  remote(url: string): Promise<RemoteFile>
}

export interface StoredFile {
  id: string
  filename: string
  /** With its dot: `.pdf`. */
  extension: string
  mimeType: string
  size: number
  /** The address it was stored with. */
  sourceUrl: string | null
  /** A freshly signed link. */
  url: string
}

export interface RemoteFile {
  filename: string
  /** Empty where unknown. */
  mimeType: string
  /** Bytes; −1 where unknown. */
  size: number
}
