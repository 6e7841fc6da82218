// SPDX-License-Identifier: MIT

/// The last envelope of a gRPC-Web body: trailers as lines of `name: value`, each ended by CR LF.
public enum WebTrailers {
    /// The payload of the envelope.
    public static func encode(_ trailers: RPCMetadata) -> [UInt8] {
        var output: [UInt8] = []
        for (name, value) in trailers {
            output += Array(name.utf8)
            output.append(UInt8(ascii: ":"))
            output.append(UInt8(ascii: " "))
            output += Array(value.utf8)
            output += [13, 10]
        }
        return output
    }

    /// Reads the payload; lines that are no header are passed over.
    public static func decode(_ bytes: [UInt8]) -> RPCMetadata {
        var trailers = RPCMetadata()
        for line in bytes.split(whereSeparator: { $0 == 13 || $0 == 10 }) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == 0x20 || $0 == 0x09 }
            trailers.add(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
        return trailers
    }
}
