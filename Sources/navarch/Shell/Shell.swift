// SPDX-License-Identifier: MIT

import Foundation
import NavarchClient

/// What a command of the CLI knows of the world outside its arguments. Tests bring their own.
struct Shell: Sendable {
    /// The environment's variables.
    var variables: [String: String]
    /// Where to write, and whom to ask.
    var terminal: Terminal
    /// Begins to catch Ctrl-C and yields each.
    var interruptions: @Sendable () -> AsyncStream<Void>
    /// Who uses this shell, as `user@host`; nil where nobody can tell.
    var identity: String?
    /// The time of this machine, for ages in tables only: what is overdue is for the control plane to say.
    var now: @Sendable () -> Date

    /// The process's own.
    static func standard() -> Shell {
        Shell(
            variables: ProcessInfo.processInfo.environment, terminal: .standard(),
            interruptions: { Interruptions.ofProcess() },
            identity: identity(ProcessInfo.processInfo.environment), now: { Date() })
    }

    /// Asks no name service: `gethostname` reads the kernel's name.
    private static func identity(_ variables: [String: String]) -> String? {
        let entry = getpwuid(geteuid())
        let user = entry.map { String(cString: $0.pointee.pw_name) } ?? variables["USER"] ?? variables["LOGNAME"] ?? ""
        var buffer = [CChar](repeating: 0, count: 256)
        let isKnown = gethostname(&buffer, buffer.count - 1) == 0
        let host =
            isKnown ? String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : ""
        return ActorName.made(from: host.isEmpty || user.isEmpty ? user + host : "\(user)@\(host)")
    }

    /// A variable that is set and not empty.
    func variable(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
}
