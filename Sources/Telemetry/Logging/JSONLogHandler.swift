// SPDX-License-Identifier: MIT
import FoundationEssentials
import Logging

#if canImport(Glibc)
    import Glibc
#endif

/// Logs one JSON object a line: `time` (RFC 3339, UTC), `level`, `msg`, `logger`, then the metadata by name.
public struct JSONLogHandler: LogHandler {
    /// What is logged.
    public var logLevel: Logger.Level
    /// Of every line.
    public var metadata: Logger.Metadata = [:]
    private let label: String
    private let write: @Sendable (String) -> Void

    /// Logs to standard output, a line with one system call, so that lines of several threads do not mix.
    public init(label: String, level: Logger.Level) {
        self.init(label: label, level: level, write: Self.toStandardOutput)
    }

    /// Logs to `write`, which gets each line with its line feed.
    public init(label: String, level: Logger.Level, write: @escaping @Sendable (String) -> Void) {
        self.label = label
        logLevel = level
        self.write = write
    }

    /// See `LogHandler`.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// See `LogHandler`.
    public func log(event: LogEvent) {
        let time = Date.now.ISO8601Format(.init(includingFractionalSeconds: true))
        var line =
            "{\"time\":\(Self.quoted(time)),\"level\":\"\(event.level)\",\"msg\":\(Self.quoted(event.message.description))"
        line += ",\"logger\":\(Self.quoted(label))"
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line += ",\(Self.quoted(key)):\(Self.json(value))" }
        write(line + "}\n")
    }

    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .stringConvertible(let value): quoted(value.description)
        case .array(let values): "[\(values.map(json).joined(separator: ","))]"
        case .dictionary(let members):
            "{\(members.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(json($0.value))" }.joined(separator: ","))}"
        }
    }

    /// A JSON string (RFC 8259, section 7).
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static let toStandardOutput: @Sendable (String) -> Void = { line in
        var line = line
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = Glibc.write(STDOUT_FILENO, rest.baseAddress, rest.count)
                guard written > 0 else { return }  // nobody reads our log: there is nowhere to say so
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
            }
        }
    }
}
