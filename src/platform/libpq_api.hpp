// The functions of libpq that are used, loaded at the first use (shared_library.hpp).
//
// A host with SQLite needs no libpq. Inside rbee::platform a call by the usual name goes through
// these pointers.
#pragma once

#include <libpq-fe.h>

#include "base/result.hpp"

#define RBEE_LIBPQ_FUNCTIONS(X) \
  X(PQclear)                    \
  X(PQcmdStatus)                \
  X(PQcmdTuples)                \
  X(PQconnectdbParams)          \
  X(PQconninfoFree)             \
  X(PQconninfoParse)            \
  X(PQenterPipelineMode)        \
  X(PQerrorMessage)             \
  X(PQexec)                     \
  X(PQexitPipelineMode)         \
  X(PQfinish)                   \
  X(PQfreemem)                  \
  X(PQftype)                    \
  X(PQgetResult)                \
  X(PQgetisnull)                \
  X(PQgetlength)                \
  X(PQgetvalue)                 \
  X(PQnfields)                  \
  X(PQntuples)                  \
  X(PQparameterStatus)          \
  X(PQpingParams)               \
  X(PQpipelineSync)             \
  X(PQresultErrorField)         \
  X(PQresultErrorMessage)       \
  X(PQresultStatus)             \
  X(PQsendPrepare)              \
  X(PQsendQueryParams)          \
  X(PQsendQueryPrepared)        \
  X(PQserverVersion)            \
  X(PQsetNoticeProcessor)       \
  X(PQstatus)

namespace rbee::platform {

#define RBEE_DECLARE(name) extern decltype(&::name) name;
RBEE_LIBPQ_FUNCTIONS(RBEE_DECLARE)
#undef RBEE_DECLARE

/// Load libpq, once for the program. No function may be called before this succeeded.
/// Errors: Errc::failed "library-missing".
Result<void> load_libpq();

}  // namespace rbee::platform
