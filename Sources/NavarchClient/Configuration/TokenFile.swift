// SPDX-License-Identifier: MIT

import Connect

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads files that hold secrets, and refuses those that strangers could read or write.
public enum TokenFile {
    /// The most that a token file may hold. A token is a line; anything longer is the wrong file.
    static let limit = 16 << 10

    /// The first line of the file at `path`, without the blanks around it.
    ///
    /// - Throws: `.unauthenticated`, naming the file and what is wrong with it: it cannot be read, others than its owner's
    ///   group can read it, others than its owner can write it, or it holds no token.
    public static func read(_ path: String) throws(RPCError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw refused(path, "cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        if let complaint = complaint(aboutModeOf: descriptor) { throw refused(path, complaint) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = readBytes(descriptor, into: &bytes)
        guard count >= 0 else { throw refused(path, "cannot be read: \(String(cString: strerror(errno)))") }
        guard count <= limit else { throw refused(path, "is longer than \(limit) bytes; a token is one line") }
        let text = String(decoding: bytes[0..<count], as: UTF8.self)
        let token = (text.split(whereSeparator: \.isNewline).first ?? "").trimmed
        guard !token.isEmpty else { throw refused(path, "holds no token in its first line") }
        return token
    }

    /// What is wrong with the mode of the file at `path`; nil when it is private enough for a secret, or is not there.
    public static func complaint(aboutModeOf path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return complaint(aboutModeOf: descriptor)
    }

    /// The group may read (as with secrets mounted into a container); nobody else may, and only the owner may write.
    private static func complaint(aboutModeOf descriptor: Int32) -> String? {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { return "cannot be examined" }
        let mode = information.st_mode & 0o777
        guard information.st_mode & S_IFMT == S_IFREG, mode & 0o027 != 0 else { return nil }
        return "has mode \(String(mode, radix: 8)), so that others can get at the secret in it: chmod 600 it"
    }

    private static func refused(_ path: String, _ complaint: String) -> RPCError {
        RPCError(.unauthenticated, "the file \(path) \(complaint)")
    }
}

/// `read(2)`, which the enum's own `read` hides.
private func readBytes(_ descriptor: Int32, into bytes: inout [UInt8]) -> Int { read(descriptor, &bytes, bytes.count) }
