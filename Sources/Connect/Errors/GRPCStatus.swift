// SPDX-License-Identifier: MIT
import SwiftProtobuf

/// How a gRPC or gRPC-Web call ended, as its trailers say it.
public enum GRPCStatus {
    /// The number: 0 is success, else the code's.
    public static let statusName = "grpc-status"
    /// The sentence, percent-encoded.
    public static let messageName = "grpc-message"
    /// A serialized `google.rpc.Status` with the details.
    public static let detailsName = "grpc-status-details-bin"

    /// The trailers that end a call: status, message and details, without custom ones.
    public static func trailers(for error: RPCError?) -> RPCMetadata {
        guard let error else { return [statusName: "0"] }
        var trailers: RPCMetadata = [statusName: String(error.code.rawValue)]
        if !error.message.isEmpty { trailers.add(messageName, PercentEncoding.encodeMessage(error.message)) }
        if !error.details.isEmpty { trailers.addBinary(detailsName, status(of: error)) }
        return trailers
    }

    /// What trailers say: nil when the call succeeded, else its error with the custom trailers as metadata.
    ///
    /// Trailers without a status, or with one that is no number, are an error of their own.
    public static func error(in trailers: RPCMetadata) -> RPCError? {
        guard let text = trailers.first(statusName) else {
            return RPCError(.unknown, "the answer ended without a status")
        }
        guard let number = Int(text) else { return RPCError(.unknown, "the answer ended with status \(text)") }
        if number == 0 { return nil }
        let message = trailers.first(messageName).map(PercentEncoding.decodeMessage) ?? ""
        var error = RPCError(RPCCode(rawValue: number) ?? .unknown, message, metadata: withoutStatus(trailers))
        // Details that do not decode are left out: the status itself still stands.
        if let bytes = trailers.binary(detailsName), let status = try? Google_Rpc_Status(serializedBytes: bytes) {
            error.details = status.details.map { any in
                RPCErrorDetail(
                    typeName: any.typeURL.split(separator: "/").last.map(String.init) ?? "", value: [UInt8](any.value))
            }
            if error.message.isEmpty { error.message = status.message }
        }
        return error
    }

    /// The custom trailers: all but the three that say how the call ended.
    public static func withoutStatus(_ trailers: RPCMetadata) -> RPCMetadata {
        var custom = trailers
        for name in [statusName, messageName, detailsName] { custom.remove(name) }
        return custom
    }

    private static func status(of error: RPCError) -> [UInt8] {
        var status = Google_Rpc_Status()
        status.code = Int32(error.code.rawValue)
        status.message = error.message
        status.details = error.details.map { detail in
            var any = Google_Protobuf_Any()
            any.typeURL = "type.googleapis.com/" + detail.typeName
            any.value = .init(detail.value)
            return any
        }
        // google.rpc.Status has no required fields, and its Any values are bytes already: nothing here can fail.
        return (try? status.serializedBytes()) ?? []
    }
}
