// SPDX-License-Identifier: MIT
import SwiftProtobuf

/// The last envelope of a Connect stream: how the call ended, and its trailers.
public struct EndOfStream: Sendable, Equatable {
    /// Why the call failed; nil when it did not.
    public var error: RPCError?
    /// The trailers.
    public var trailers: RPCMetadata

    /// An end from its parts.
    public init(error: RPCError? = nil, trailers: RPCMetadata = [:]) {
        self.error = error
        self.trailers = trailers
    }

    /// Reads the payload of the last envelope; nil when it is no such object.
    public init?(_ bytes: [UInt8]) {
        // A payload that is no JSON object breaks the protocol, which the caller reports.
        guard let object = try? Google_Protobuf_Struct(jsonUTF8Bytes: bytes) else { return nil }
        if let failure = object.fields["error"] {
            guard let decoded = ErrorJSON.decode(failure.structValue) else { return nil }
            error = decoded
        }
        trailers = [:]
        for (name, values) in object.fields["metadata"]?.structValue.fields ?? [:] {
            for value in values.listValue.values { trailers.add(name, value.stringValue) }
        }
    }

    /// The payload of the last envelope.
    public var bytes: [UInt8] {
        var output: [UInt8] = [UInt8(ascii: "{")]
        if let error {
            JSONText.append(raw: "\"error\":", to: &output)
            ErrorJSON.append(error, to: &output)
        }
        if !trailers.isEmpty {
            if error != nil { output.append(UInt8(ascii: ",")) }
            JSONText.append(raw: "\"metadata\":{", to: &output)
            appendTrailers(to: &output)
            output.append(UInt8(ascii: "}"))
        }
        output.append(UInt8(ascii: "}"))
        return output
    }

    private func appendTrailers(to output: inout [UInt8]) {
        var written: Set<String> = []
        for (name, _) in trailers where written.insert(name).inserted {
            if written.count > 1 { output.append(UInt8(ascii: ",")) }
            JSONText.append(name, to: &output)
            JSONText.append(raw: ":[", to: &output)
            for (index, value) in trailers.values(name).enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                JSONText.append(value, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        }
    }
}
