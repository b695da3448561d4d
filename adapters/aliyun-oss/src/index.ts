export { AliyunOssError, AliyunOssObjectStore, type AliyunOssOptions } from './aliyun-oss-object-store.ts'
