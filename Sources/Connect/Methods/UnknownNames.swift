// SPDX-License-Identifier: MIT
import SwiftProtobuf

/// Finds the fields of a JSON request that name a value which their enum does not have.
///
/// The JSON reader either passes over such names along with unknown fields, or refuses both without saying where. A request
/// with a misspelt filter must not be answered as if it had none, so each text of the message is tried alone.
enum UnknownNames {
    /// Most texts tried. A larger request that has unknown fields is read without the search.
    private static let mostTexts = 1_000

    /// The paths of such fields with what they say, in the sender's spelling.
    static func find<M: Message>(in bytes: [UInt8], of type: M.Type) -> [(path: String, name: String)] {
        // What is no JSON object has no fields; the reader itself says what is wrong with it.
        guard let object = try? Google_Protobuf_Struct(jsonUTF8Bytes: bytes) else { return [] }
        var texts: [Text] = []
        collect(.with { $0.structValue = object }, Text(path: "", opening: "", closing: "", value: ""), &texts)
        guard texts.count <= mostTexts else { return [] }
        return texts.filter { isUnknownName($0, in: type) }.map { ($0.path, $0.value) }
    }

    /// One text of the message, and the JSON round it when all else is taken away.
    private struct Text {
        var path: String
        var opening: String
        var closing: String
        var value: String
    }

    private static func collect(_ value: Google_Protobuf_Value, _ place: Text, _ texts: inout [Text]) {
        guard texts.count <= mostTexts else { return }
        switch value.kind {
        case .stringValue(let text):
            var found = place
            found.value = text
            texts.append(found)
        case .structValue(let object):
            for (key, inner) in object.fields.sorted(by: { $0.key < $1.key }) {
                let path = place.path.isEmpty ? key : "\(place.path).\(key)"
                let opening = "\(place.opening){\(quoted(key)):"
                collect(inner, Text(path: path, opening: opening, closing: "}" + place.closing, value: ""), &texts)
            }
        case .listValue(let list):
            for (index, inner) in list.values.enumerated() {
                let path = "\(place.path)[\(index)]"
                collect(
                    inner, Text(path: path, opening: place.opening + "[", closing: "]" + place.closing, value: ""),
                    &texts)
            }
        case .boolValue, .numberValue, .nullValue, nil: break
        }
    }

    private static func isUnknownName<M: Message>(_ text: Text, in type: M.Type) -> Bool {
        do {
            _ = try M(jsonString: text.opening + quoted(text.value) + text.closing)
            return false
        } catch JSONDecodingError.unrecognizedEnumValue {
            return true
        } catch {
            return false  // unknown fields are passed over, and a bad value is the reader's to report
        }
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONText.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension MessageCoding {
    /// Reads a request. As ``decode(_:as:)``, but a name that an enum does not have is an error that says where it is:
    /// passed over, it would be taken for absent. Costs more than `decode` only when there is an unknown field or name.
    public static func decodeRequest<M: Message>(_ bytes: [UInt8], as codec: RPCCodec) throws(RPCError) -> M {
        guard codec == .json else { return try decode(bytes, as: codec) }
        do {
            return try M(jsonUTF8Bytes: bytes)
        } catch {
            let unknown = UnknownNames.find(in: bytes, of: M.self)
            if let first = unknown.first { throw refusal(first, unknown) }
            return try decode(bytes, as: codec)
        }
    }

    private static func refusal(
        _ first: (path: String, name: String), _ all: [(path: String, name: String)]
    ) -> RPCError {
        let detail = Google_Rpc_BadRequest.with {
            $0.fieldViolations = all.prefix(20).map { unknown in
                .with {
                    $0.field = unknown.path
                    $0.description_p = sentence(unknown)
                    $0.reason = "UNKNOWN_VALUE"
                }
            }
        }
        let more = all.count > 1 ? " (one of \(all.count) violations)" : ""
        return RPCError(.invalidArgument, sentence(first) + more, details: [RPCErrorDetail(detail)])
    }

    private static func sentence(_ unknown: (path: String, name: String)) -> String {
        let name = String(unknown.name.unicodeScalars.prefix(40).filter { $0.properties.generalCategory != .control })
        return "\(unknown.path) has no value named \"\(name)\""
    }
}
