// SPDX-License-Identifier: MIT
import Connect
import SwiftProtobuf

extension RPCError {
    /// `invalid_argument` with every violation as detail; the message says the first, and how many there are.
    ///
    /// gRPC carries details in a trailer, and clients refuse trailers of more than 8 KiB, so details end there sooner.
    static func badRequest(_ violations: [FieldViolation], count: Int, over rpcProtocol: RPCProtocol) -> RPCError {
        guard let first = violations.first else { preconditionFailure("a bad request without a violation") }
        var room = rpcProtocol == .connect ? 64 << 10 : 4 << 10
        let detail = Google_Rpc_BadRequest.with { detail in
            for violation in violations {
                let entry = Google_Rpc_BadRequest.FieldViolation.with {
                    $0.field = violation.field
                    $0.description_p = violation.sentence
                    $0.reason = violation.problem.reason.rawValue
                }
                room -= violation.field.utf8.count * 2 + violation.problem.description.utf8.count + 32
                if room < 0 { return }
                detail.fieldViolations.append(entry)
            }
        }
        let more = count > 1 ? " (one of \(count) violations)" : ""
        return RPCError(.invalidArgument, first.sentence + more, details: [RPCErrorDetail(detail)])
    }

    /// `invalid_argument` for one field that only the use case could judge.
    static func badField(_ field: String, _ problem: Problem, over rpcProtocol: RPCProtocol) -> RPCError {
        badRequest([FieldViolation(field: field, problem: problem)], count: 1, over: rpcProtocol)
    }
}

/// Holds a request against the table.
/// - Throws: `invalid_argument` with every violation.
func validate(_ request: some Message, over rpcProtocol: RPCProtocol) throws(RPCError) {
    let checked = RequestValidator.check(request)
    if checked.count > 0 {
        throw .badRequest(checked.violations, count: checked.count, over: rpcProtocol)
    }
}
