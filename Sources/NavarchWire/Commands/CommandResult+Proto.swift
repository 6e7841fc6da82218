// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_CommandResult {
    /// The same result.
    public init(_ result: CommandResult) {
        self.init()
        exitCode = result.exitCode
        message = result.message
        output = result.output
        truncated = result.truncated
        json = result.json
    }
}

extension CommandResult {
    /// The same result.
    public init(_ wire: Navarch_V1_CommandResult) {
        self.init()
        exitCode = wire.exitCode
        message = wire.message
        output = wire.output
        truncated = wire.truncated
        json = wire.json
    }
}
