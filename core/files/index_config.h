// The two JSON files beside a checkpoint: the index of its shards, and the model's config.json.
#pragma once

#include "files/file_report.h"
#include "files/source.h"

namespace bitbudget::files {

/// model.safetensors.index.json: `weight_map`, not empty, from each tensor's name to the bare name of its *.safetensors
/// file, which is never fetched. Type and shape stay open; `shards` are the files. Metadata: the index's own.
Result<FileReport> read_safetensors_index(const Source& source);

/// config.json: strict JSON of at most 1 MB, an object. Metadata: the text as it stands; sizing/config.h reads more from it.
Result<FileReport> read_config_json(const Source& source);

/// The name of a *.safetensors file alone: no directory, no drive, no address.
bool is_bare_shard_name(std::string_view name);

}  // namespace bitbudget::files
