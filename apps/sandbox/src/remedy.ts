import { readFile } from 'node:fs/promises'

/** What an operator can do where the sandbox cannot be built, by what the kernel says of itself. */
export async function remedyFor(problems: string[]): Promise<string> {
  const remedies: string[] = []
  if ((await kernelSetting('kernel/unprivileged_userns_clone')) === '0') remedies.push('sysctl -w kernel.unprivileged_userns_clone=1')
  if ((await kernelSetting('user/max_user_namespaces')) === '0') remedies.push('sysctl -w user.max_user_namespaces=15000')
  if ((await kernelSetting('kernel/apparmor_restrict_unprivileged_userns')) === '1') {
    remedies.push('sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile that lets bwrap use userns')
  }
  if (!remedies.length && problems.some(problem => /namespace|unshare|Operation not permitted|mount/i.test(problem))) {
    remedies.push(
      'in a container, one that may make namespaces (docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined)',
    )
  }
  const advice = remedies.length ? ` What helps: ${remedies.join('; ')}.` : ''
  const alternative = 'Or leave CODE_EXECUTION_ENDPOINT unset: code then runs in the embedded runner.'
  return `Programs cannot be locked in here, so none are run. ${problems.join(' | ')}.${advice} ${alternative}`
}

function kernelSetting(name: string): Promise<string | undefined> {
  return readFile(`/proc/sys/${name}`, 'utf8').then(
    text => text.trim(),
    () => undefined,
  )
}
