// SPDX-License-Identifier: MIT
import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// An answer as Foundation's client got it, whose HTTP is not ours.
struct PlainAnswer: Sendable {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: Data
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The JSON object in the body.
    var json: [String: any Sendable] {
        get throws { try #require(try JSONSerialization.jsonObject(with: body) as? [String: any Sendable]) }
    }
}

/// One exchange.
func exchange(
    _ method: String, _ url: String, headers: [String: String] = [:], body: Data? = nil
) async throws -> PlainAnswer {
    var request = URLRequest(url: try #require(URL(string: url)), timeoutInterval: 20)
    request.httpMethod = method
    request.httpBody = body
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let http = try #require(response as? HTTPURLResponse)
    var received: [String: String] = [:]
    for (name, value) in http.allHeaderFields { received["\(name)".lowercased()] = "\(value)" }
    return PlainAnswer(status: http.statusCode, headers: received, body: data)
}

/// One Connect call in JSON.
func post(_ url: String, _ json: String, headers: [String: String] = [:]) async throws -> PlainAnswer {
    try await exchange(
        "POST", url, headers: headers.merging(["content-type": "application/json"]) { one, _ in one },
        body: Data(json.utf8))
}
