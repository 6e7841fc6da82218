// SPDX-License-Identifier: MIT
import SwiftProtobuf

/// Connect's JSON for an error: the body of a failed unary call, and a part of the end of a stream.
public enum ErrorJSON {
    /// The error as JSON: code, message when there is one, details when there are any.
    public static func encode(_ error: RPCError) -> [UInt8] {
        var output: [UInt8] = []
        append(error, to: &output)
        return output
    }

    /// Reads the body of a failed unary call; nil when it is no error of Connect's, so that the HTTP status must do.
    public static func decode(_ bytes: [UInt8]) -> RPCError? {
        // Bytes that are no JSON come from a proxy; the caller falls back to the HTTP status.
        guard let object = try? Google_Protobuf_Struct(jsonUTF8Bytes: bytes) else { return nil }
        return decode(object)
    }

    static func decode(_ object: Google_Protobuf_Struct) -> RPCError? {
        guard case .stringValue(let name)? = object.fields["code"]?.kind, let code = RPCCode(name: name) else {
            return nil
        }
        var error = RPCError(code, object.fields["message"]?.stringValue ?? "")
        for detail in object.fields["details"]?.listValue.values ?? [] {
            let fields = detail.structValue.fields
            guard let type = fields["type"]?.stringValue, !type.isEmpty,
                let value = fields["value"].flatMap({ Base64.decode($0.stringValue) })
            else { continue }
            // The debug form is for people only: one that cannot be written again is dropped.
            let debug = fields["debug"].flatMap { try? $0.jsonString() }
            error.details.append(RPCErrorDetail(typeName: type, value: value, debugJSON: debug))
        }
        return error
    }

    static func append(_ error: RPCError, to output: inout [UInt8]) {
        JSONText.append(raw: "{\"code\":", to: &output)
        JSONText.append(error.code.name, to: &output)
        if !error.message.isEmpty {
            JSONText.append(raw: ",\"message\":", to: &output)
            JSONText.append(error.message, to: &output)
        }
        if !error.details.isEmpty {
            JSONText.append(raw: ",\"details\":[", to: &output)
            for (index, detail) in error.details.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                append(detail, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func append(_ detail: RPCErrorDetail, to output: inout [UInt8]) {
        JSONText.append(raw: "{\"type\":", to: &output)
        JSONText.append(detail.typeName, to: &output)
        JSONText.append(raw: ",\"value\":", to: &output)
        JSONText.append(Base64.encode(detail.value), to: &output)
        if let debug = detail.debugJSON {
            JSONText.append(raw: ",\"debug\":", to: &output)
            output += Array(debug.utf8)
        }
        output.append(UInt8(ascii: "}"))
    }
}
