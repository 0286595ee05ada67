/* Carries the states of a model over from one inference to the next.
 *
 * Before the first inference and at every reset:  gru_u32_t1_transfer_long_int8_state_h_reset(state_input);
 * after each inference:                           gru_u32_t1_transfer_long_int8_state_h_carry(state_output, state_input);
 *
 * Rounds as the reference kernel of TensorFlow Lite's QUANTIZE; right shifts of negative numbers are arithmetic.
 */
#ifndef GRU_U32_T1_TRANSFER_LONG_INT8_STATES_H
#define GRU_U32_T1_TRANSFER_LONG_INT8_STATES_H

#include <stddef.h>
#include <stdint.h>

/* state_h_out: scale 0.00141576026, zero point 9
 * state_h_in: scale 0.0013488438, zero point 4 */
enum { gru_u32_t1_transfer_long_int8_state_h_size = 32 };

static inline int8_t gru_u32_t1_transfer_long_int8_state_h_rescale(int8_t value)
{
    int64_t scaled = ((int64_t)value - (9)) * ((int64_t)1 << 1);
    scaled = (scaled * INT64_C(1127010409) + (INT64_C(1) << 30)) >> 31;
    scaled += 4;
    if (scaled < INT8_MIN) {
        return INT8_MIN;
    }
    return scaled > INT8_MAX ? INT8_MAX : (int8_t)scaled;
}

static inline void gru_u32_t1_transfer_long_int8_state_h_carry(const int8_t *output, int8_t *input)
{
    for (size_t i = 0; i < gru_u32_t1_transfer_long_int8_state_h_size; ++i) {
        input[i] = gru_u32_t1_transfer_long_int8_state_h_rescale(output[i]);
    }
}

static inline void gru_u32_t1_transfer_long_int8_state_h_reset(int8_t *input)
{
    for (size_t i = 0; i < gru_u32_t1_transfer_long_int8_state_h_size; ++i) {
        input[i] = 4;
    }
}

#endif /* GRU_U32_T1_TRANSFER_LONG_INT8_STATES_H */
