// SPDX-License-Identifier: MIT
import NavarchModel

/// What a command came to, as `command.result` has it.
struct StoredResult: Codable {
    var exitCode: Int32?
    var message: String?
    var output: String?
    var truncated: Bool?
    var json: String?

    init(_ result: CommandResult) {
        exitCode = result.exitCode
        message = result.message.isEmpty ? nil : result.message
        output = result.output.isEmpty ? nil : result.output
        truncated = result.truncated ? true : nil
        json = result.json.isEmpty ? nil : result.json
    }

    var value: CommandResult {
        var result = CommandResult()
        result.exitCode = exitCode ?? 0
        result.message = message ?? ""
        result.output = output ?? ""
        result.truncated = truncated ?? false
        result.json = json ?? ""
        return result
    }
}

/// A report that came too late, as `audit.details` has it.
struct StoredLateReport: Encodable {
    var attempt: Int32
    var lease: String
    var outcome: String
    var result: StoredResult
}
