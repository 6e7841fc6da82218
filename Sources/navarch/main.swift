// SPDX-License-Identifier: MIT

import Foundation

exit(await CLI.run(Array(CommandLine.arguments.dropFirst()), in: .standard()).rawValue)
