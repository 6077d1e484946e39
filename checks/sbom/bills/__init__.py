"""Bills of materials as they come: CycloneDX and SPDX, read tolerantly into one form, and written again."""
