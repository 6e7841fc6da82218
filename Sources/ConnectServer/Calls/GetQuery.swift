// SPDX-License-Identifier: MIT
import Connect

/// A call made by GET: Connect's way for methods without side effects, the message in the query.
struct GetQuery {
    /// The message as it is to be decoded, compression aside; nil when there is none, or it is no base64 although it says so.
    var message: [UInt8]?
    /// How the message is written; nil when the query names no codec of ours.
    var codec: RPCCodec?
    /// How the message is compressed, when the query says so.
    var compression: String?
    /// The version of the protocol, when the query names one: `v1`.
    var version: String?

    /// Reads what follows the `?` of a path, in any order, with parameters of others in between.
    init(_ query: Substring) {
        var raw: [UInt8]?
        var isBase64 = false
        for parameter in query.split(separator: "&") {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = Self.decode(parts.count > 1 ? parts[1] : "")
            switch parts[0] {
            case "message": raw = value
            case "encoding": codec = RPCCodec(rawValue: String(decoding: value, as: UTF8.self))
            case "base64": isBase64 = value == [UInt8(ascii: "1")]
            case "compression": compression = String(decoding: value, as: UTF8.self)
            case "connect": version = String(decoding: value, as: UTF8.self)
            default: break
            }
        }
        message = isBase64 ? raw.flatMap { Base64.decode($0) } : raw
    }

    /// Forms and URL libraries write a space as `+`.
    private static func decode(_ value: Substring) -> [UInt8] {
        PercentEncoding.decode(value.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 })
    }
}
