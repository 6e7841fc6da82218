// SPDX-License-Identifier: MIT
import Connect
import Testing

@Suite("Codes, errors and how they travel")
struct CoreErrorTests {
    @Test(arguments: RPCCode.allCases)
    func everyCodeIsFoundAgainByItsName(_ code: RPCCode) {
        #expect(RPCCode(name: code.name) == code)
        #expect(code.name == code.name.lowercased())
    }

    @Test(arguments: [
        (RPCCode.canceled, 499), (.unknown, 500), (.invalidArgument, 400), (.deadlineExceeded, 504), (.notFound, 404),
        (.alreadyExists, 409), (.permissionDenied, 403), (.resourceExhausted, 429), (.failedPrecondition, 400),
        (.aborted, 409), (.outOfRange, 400), (.unimplemented, 501), (.internalError, 500), (.unavailable, 503),
        (.dataLoss, 500), (.unauthenticated, 401),
    ])
    func codesHaveTheProtocolsHTTPStatus(_ code: RPCCode, _ status: Int) { #expect(code.httpStatus == status) }

    @Test(arguments: [
        (400, RPCCode.internalError), (401, .unauthenticated), (403, .permissionDenied), (404, .unimplemented),
        (429, .unavailable), (502, .unavailable), (503, .unavailable), (504, .unavailable), (500, .unknown),
        (418, .unknown),
    ])
    func bareHTTPStatusesBecomeTheProtocolsCode(_ status: Int, _ code: RPCCode) {
        #expect(RPCCode(httpStatus: status) == code)
    }

    private var badRequest: Google_Rpc_BadRequest {
        var violation = Google_Rpc_BadRequest.FieldViolation()
        violation.field = "name"
        violation.description_p = "is too long"
        var badRequest = Google_Rpc_BadRequest()
        badRequest.fieldViolations = [violation]
        return badRequest
    }

    @Test func errorsSurviveConnectsJSON() throws {
        let error = RPCError(.invalidArgument, "a \"bad\"\n\u{1}näme\\", details: [RPCErrorDetail(badRequest)])
        let read = try #require(ErrorJSON.decode(ErrorJSON.encode(error)))
        #expect(read.code == .invalidArgument)
        #expect(read.message == error.message)
        #expect(read.detail(Google_Rpc_BadRequest.self) == badRequest)
    }

    @Test func theJSONOfAnErrorIsTheProtocols() {
        let error = RPCError(.unavailable, "busy", details: [RPCErrorDetail(typeName: "a.B", value: [1, 2, 3, 4])])
        #expect(
            String(decoding: ErrorJSON.encode(error), as: UTF8.self)
                == #"{"code":"unavailable","message":"busy","details":[{"type":"a.B","value":"AQIDBA"}]}"#)
        #expect(String(decoding: ErrorJSON.encode(RPCError(.aborted, "")), as: UTF8.self) == #"{"code":"aborted"}"#)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"code":null}"#, #"{"code":7}"#, #"{"code":"no_such"}"#, "<html>", #"{"code":"#,
    ])
    func whatIsNoErrorIsNotReadAsOne(_ text: String) { #expect(ErrorJSON.decode(Array(text.utf8)) == nil) }

    @Test func theEndOfAStreamCarriesErrorAndTrailers() throws {
        let end = EndOfStream(
            error: RPCError(.aborted, "again"), trailers: ["cost": "237", "cost": "1", "x-bin": "AQI"])
        let read = try #require(EndOfStream(end.bytes))
        #expect(read.error == end.error)
        #expect(read.trailers.values("cost") == ["237", "1"])
        #expect(read.trailers.binary("x-bin") == [1, 2])
        #expect(EndOfStream(Array("{}".utf8)) == EndOfStream())
        #expect(EndOfStream().bytes == Array("{}".utf8))
        #expect(EndOfStream(Array(#"{"error":{}}"#.utf8)) == nil)
        #expect(EndOfStream(Array("nonsense".utf8)) == nil)
    }

    @Test func errorsSurviveGRPCsTrailers() throws {
        let error = RPCError(.failedPrecondition, "100 % wröng\r\n", details: [RPCErrorDetail(badRequest)])
        let trailers = GRPCStatus.trailers(for: error)
        #expect(trailers.first("grpc-status") == "9")
        #expect(trailers.first("grpc-message") == "100 %25 wr%C3%B6ng%0D%0A")
        let read = try #require(GRPCStatus.error(in: trailers))
        #expect(read.code == error.code)
        #expect(read.message == error.message)
        #expect(read.detail(Google_Rpc_BadRequest.self) == badRequest)
        #expect(read.metadata.isEmpty)
    }

    @Test func trailersWithoutAStatusAreAnError() {
        #expect(GRPCStatus.error(in: [:])?.code == .unknown)
        #expect(GRPCStatus.error(in: ["grpc-status": "x"])?.code == .unknown)
        #expect(GRPCStatus.error(in: ["grpc-status": "99"])?.code == .unknown)
        #expect(GRPCStatus.error(in: ["grpc-status": "0"]) == nil)
    }
}
